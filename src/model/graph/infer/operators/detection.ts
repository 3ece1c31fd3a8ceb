import type { Family } from "../rule.ts";

export const DETECTION: Family = {
  domain: "",
  rules: {
    /** [boxes that are kept, 3]: batch, class, box */
    NonMaxSuppression: () => [{ shape: [null, 3] }],
  },
};
