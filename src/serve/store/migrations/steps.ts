/** Names of the steps of the schema, in order. One that was released is never changed: the next one mends it. */
export const STEPS = ["0001-models-and-predictions", "0002-answerers", "0003-keys"] as const;
