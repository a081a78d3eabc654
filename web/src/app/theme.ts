import { createTheme, type MantineColorsTuple } from "@mantine/core";

// Dark: panels between #12161c and #1b2129; every text grey reaches 4.5 : 1 on them.
const dark: MantineColorsTuple = [
  "#dbe2ea",
  "#c3ccd6",
  "#9dabb9",
  "#7f8d9c",
  "#3a4553",
  "#2a323d",
  "#1b2129",
  "#12161c",
  "#0e1116",
  "#0a0c10",
];

// Steel: the one colour of choice and selection.
const steel: MantineColorsTuple = [
  "#e8f3fd",
  "#cfe4f8",
  "#a6cff3",
  "#7cbaf0",
  "#57a4e8",
  "#3d8fd6",
  "#2a78bd",
  "#1b629f",
  "#114e83",
  "#0a3a64",
];

export const FONT =
  '"Noto Sans TC", "Noto Sans CJK TC", "PingFang TC", "Microsoft JhengHei", system-ui, sans-serif';

export const theme = createTheme({
  colors: { dark, steel },
  primaryColor: "steel",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: "600" },
  fontSizes: { xs: "14px", sm: "14px", md: "15px", lg: "17px", xl: "20px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Badge: {
      defaultProps: { variant: "default", radius: "sm", size: "lg" },
      styles: { label: { textTransform: "none", fontWeight: 500 } },
    },
    Modal: { defaultProps: { centered: true } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } },
  },
});
