/** The metadata buffer of a TFLite model that says what its tensors mean. */
export const TFLITE_METADATA = "TFLITE_METADATA";

/** Names under which lists of labels lie beside models, one label a line. */
export const LABEL_FILES = ["labels.txt", "classes.txt", "class_names.txt", "synset.txt", "synset_words.txt"];

/** Files beside a model that say what its tensors mean. */
export const SIDECARS = [
  "model.yaml",
  "config.pbtxt",
  "config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  ...LABEL_FILES,
];
