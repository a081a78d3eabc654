// A handful of own line drawings, 20 by 20, in the colour of the text beside them.

const PATHS = {
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M13.2 13.2 17 17",
  user: "M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M3.8 17c.5-3.4 3-5 6.2-5s5.7 1.6 6.2 5",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  sound: "M3 8v4h3l4 3.5v-11L6 8zM13 7.5c1.3 1.4 1.3 3.6 0 5M15.3 5.2c2.6 2.7 2.6 6.9 0 9.6",
  mute: "M3 8v4h3l4 3.5v-11L6 8zM13 8l4 4M17 8l-4 4",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  check: "M4 10.5 8.2 15 16 5.5",
  alert: "M10 3 18 17H2zM10 8v4.2M10 14.4v.4",
  back: "M12.5 4 6.5 10l6 6",
  phone:
    "M5 3h3l1.5 4-2 1.5a9 9 0 0 0 4 4l1.5-2 4 1.5v3c0 .8-.7 1.5-1.5 1.4C9.200 16 4 10.800 3.600 4.500 3.500 3.700 4.200 3 5 3",
  locate: "M10 2v3M10 15v3M2 10h3M15 10h3M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8",
  copy: "M7 7h9v9H7zM4 13V4h9",
  print: "M6 7V3h8v4M5 14H3V7h14v7h-2M6 11h8v6H6z",
  down: "M5 7.500l5 5 5-5",
  download: "M10 3v9M6 9l4 4 4-4M4 16.500h12",
  scan: "M3.500 7V3.500H7M13 3.500h3.500V7M16.500 13v3.500H13M7 16.500H3.500V13M6.500 10h7",
  expand: "M4 8V4h4M16 8V4h-4M4 12v4h4M16 12v4h-4",
  help: "M7.500 7.500a2.600 2.600 0 1 1 3.700 2.400c-.8.400-1.200 1-1.200 2M10 14.600v.300M10 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15",
} as const;

export function Icon({ name, size = 18 }: { name: keyof typeof PATHS; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
