import { beforeEach, describe, expect, it, vi } from "vitest";
import { keepFlow, returnOf, takeFlow } from "./providerFlow";

describe("a way to an identity provider and back", () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    });
  });

  it("is answered once, in the tab that began", () => {
    expect(takeFlow()).toBeNull();
    keepFlow({ flow: "f", next: "/patrol" });
    expect(takeFlow()).toEqual({ flow: "f", next: "/patrol" });
    expect(takeFlow()).toBeNull();
  });

  it("brings what stood in the address, and nothing else", () => {
    expect(returnOf("?code=a%2Fb&state=s&iss=https%3A%2F%2Fidp.example&x=1")).toEqual({
      state: "s",
      code: "a/b",
      error: null,
      iss: "https://idp.example",
    });
    expect(returnOf("")).toEqual({ state: "", code: null, error: null, iss: null });
  });
});
