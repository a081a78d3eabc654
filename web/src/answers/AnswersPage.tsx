// How the house answers for itself, in numbers: reasons why not, areas, outcomes of files, and whether the log is whole.

import { PanelTabs } from "../app/PanelTabs";
import { Verify } from "../oversee/Verify";
import { Witnesses } from "../oversee/Witnesses";
import { Areas } from "./Areas";
import { Disclosures } from "./disclosures/Disclosures";
import { Outcomes } from "./Outcomes";
import { Reasons } from "./Reasons";

function Log() {
  return (
    <>
      <Verify />
      <Witnesses />
    </>
  );
}

const TABS = [
  { name: "reasons", needs: "oversight.reports", Panel: Reasons },
  { name: "areas", needs: "oversight.reports", Panel: Areas },
  { name: "outcomes", needs: "oversight.reports", Panel: Outcomes },
  { name: "disclosures", needs: "disclosures.read", Panel: Disclosures },
  { name: "log", needs: "oversight.verify", Panel: Log },
];

export default function AnswersPage() {
  return <PanelTabs tabs={TABS} page="answers" texts="answers" intro="answers.intro" />;
}
