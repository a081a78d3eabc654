// A fresh verification of the person, asked for once however many requests wait for it.

export const STEP_UP = "identity.step_up_required";

/** Whoever has just said no is not asked again by the next picture of the same page. */
const DECLINED_MS = 3_000;

type Verify = () => Promise<boolean>;

let verify: Verify | null = null;
let asking: Promise<boolean> | null = null;
let declined_at = Number.NEGATIVE_INFINITY;

/** The dialogue that asks; null when it goes. */
export function whenStepUpIsAsked(act: Verify | null): void {
  verify = act;
}

/** True once the person has verified: the request that was refused is then worth sending again. */
export function stepUp(now = performance.now()): Promise<boolean> {
  if (asking) return asking;
  if (!verify || now - declined_at < DECLINED_MS) return Promise.resolve(false);
  asking = verify()
    .catch(() => false)
    .then((isVerified) => {
      asking = null;
      declined_at = isVerified ? Number.NEGATIVE_INFINITY : performance.now();
      return isVerified;
    });
  return asking;
}
