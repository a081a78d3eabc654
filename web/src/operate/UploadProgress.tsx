import { Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** How much of a file has gone up; then that the server works on it. */
export function UploadProgress({ share, working }: { share: number; working: string }) {
  const { t } = useTranslation();
  const uploading = t("mapimport.uploading");
  return (
    <div role="status" data-testid="upload-progress">
      <Progress value={share * 100} aria-label={uploading} />
      <p className="dim">{share < 1 ? `${uploading} ${Math.round(share * 100)}%` : working}</p>
    </div>
  );
}
