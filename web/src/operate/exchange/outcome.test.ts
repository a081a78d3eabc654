import { describe, expect, it } from "vitest";
import { isAddress, isDomain, outcomeOf } from "./outcome";

describe("how a delivery went", () => {
  it("is told apart by what somebody can do about it", () => {
    const name = (text: string) => outcomeOf(text).name;
    expect(name("sent")).toBe("sent");
    expect(outcomeOf("answered 302 Found; redirects are not followed")).toEqual({
      name: "redirect",
      what: "302",
    });
    expect(outcomeOf("answered 500 Internal Server Error")).toEqual({ name: "failed", what: "500" });
    expect(name("answered 404")).toBe("refused");
    expect(outcomeOf("no answer within 10 s")).toEqual({ name: "late", what: "10" });
    expect(outcomeOf("no answer: closed")).toEqual({ name: "answer", what: "closed" });
    expect(
      outcomeOf("127.0.0.1 lies in no public network, and SHOUHU_OUTGOING_WEBHOOKS does not name it"),
    ).toEqual({ name: "private", what: "127.0.0.1" });
  });

  it("is shown as the server said it where nobody foresaw it", () => {
    expect(outcomeOf("the moon is down")).toEqual({ name: "other", what: "the moon is down" });
  });
});

describe("where facts may be sent", () => {
  it("is encrypted, or this machine", () => {
    expect(isAddress("https://hooks.example/shouhu")).toBe(true);
    expect(isAddress("http://localhost:9000/x")).toBe(true);
    for (const bad of [
      "http://hooks.example/",
      "https://u:p@hooks.example/",
      "hooks.example",
      "https://h/#x",
    ])
      expect([bad, isAddress(bad)]).toEqual([bad, false]);
  });
});

describe("the domain of a centre", () => {
  it("has two labels or more", () => {
    expect(["cad.kaohsiung.example", "KAOHSIUNG.example", "1.example"].every(isDomain)).toBe(true);
    expect(["kaohsiung", "-a.example", "a-.example", "a..b", "高雄.example", ""].some(isDomain)).toBe(false);
  });
});
