import { expect, it } from "vitest";
import { isGoal } from "./goal";

it("goes to https and to programs on this machine, and runs no address", () => {
  for (const good of [
    "https://wiki.example/back?code=1",
    "https://wiki.example:8443/",
    "http://127.0.0.1:3000/back?code=1",
    "http://127.0.0.1/",
    "http://[::1]:3000/",
  ])
    expect([good, isGoal(good)]).toEqual([good, true]);
  for (const wrong of [
    "",
    "/command",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://wiki.example/",
    "http://127.0.0.1.evil.example/",
    "https:///evil.example",
    " https://wiki.example/",
    "\nhttps://wiki.example/",
  ])
    expect([wrong, isGoal(wrong)]).toEqual([wrong, false]);
});
