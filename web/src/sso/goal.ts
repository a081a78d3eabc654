// The last look at an address before the browser goes there. The server has named it; a page must not run it as a script whatever the server says.

const GOALS = [/^https:\/\/[^/\\@]/, /^http:\/\/127\.0\.0\.1[:/]/, /^http:\/\/\[::1\][:/]/];

export function isGoal(url: string): boolean {
  return GOALS.some((goal) => goal.test(url));
}

/** In place of this page: whoever goes back comes to the tool, not to an answer that was used. */
export function leave(url: string): void {
  if (!isGoal(url)) throw new Error("the server named no address of a tool");
  window.location.replace(url);
}
