import type { Calibration, Quantization } from "./numbers.ts";

/** Things found in a picture: where each is, what it is, and how sure that is. Several tensors make one answer. */
export interface DetectionsOutput {
  kind: "detections";
  tensors: DetectionTensors;
  box: BoxFormat;
  /** What the graph has not yet applied to the scores. */
  activation: "softmax" | "sigmoid" | "none";
  /** A file beside the model, or the list; null: the label is the class index. */
  labels: string | string[] | null;
  /** Boxes below it are not answered. */
  threshold: number;
  calibration?: Calibration;
  /** What the boxes are relative to, where the graph gives them raw. */
  anchors?: AnchorGrid;
  /** How boxes of the same thing become one; left out where the graph does it. */
  suppression?: Suppression;
  /** Points of the thing, which stand behind the four numbers of its box. */
  keypoints?: string[];
}

/** Names of tensors by what they hold. */
export interface DetectionTensors {
  /** [1, boxes, 4 or more]. */
  boxes: string;
  /** [1, boxes] where `classes` names them, else [1, boxes, classes]. */
  scores: string;
  /** [1, boxes], the number of each box's class. */
  classes?: string;
  /** How many of the boxes count, [1]. */
  count?: string;
}

/** What the four numbers of a box are (TFLite Metadata, BoundingBoxProperties). */
export interface BoxFormat {
  /** boundaries: left, top, right, bottom; upper-left: left, top, width, height; center: its middle, width, height. */
  type: "boundaries" | "upper-left" | "center";
  /** Where each of these four stands in the tensor: [1, 0, 3, 2] where the vertical one comes before the horizontal. */
  order: number[];
  /** Parts of the model's picture, or its pixels. */
  unit: "ratio" | "pixels";
}

/**
 * The anchors of a single-shot detector (Liu et al. 2016, section 2.2), named as MediaPipe's SsdAnchorsCalculator has them: of
 * each layer, row by row, all that stand in one place together.
 */
export interface AnchorGrid {
  /** Pixels of the model's picture between two places, a number for each layer; layers of one stride share their places. */
  strides: number[];
  /** Anchors' size in the first layer and in the last, as parts of the picture; evenly spaced in between. */
  scales: number[];
  /** Width over height, for each layer. */
  ratios: number[];
  /** The ratio of one anchor more, of a size between this layer's and the next one's; 0: none. */
  interpolated: number;
  /** Where in its cell an anchor stands: 0.5 is the middle. */
  offset: number;
  /** Whether every anchor counts as large as the picture, so that boxes are not scaled by it. */
  fixed: boolean;
  /** By what horizontal, vertical, width and height numbers are divided. */
  divisors: number[];
  /** Whether width and height are logarithms. */
  exponential: boolean;
}

export interface Suppression {
  /** Boxes that overlap more, as intersection over union, are of the same thing. */
  overlap: number;
  /** greedy: the best one stays; weighted: they become their mean, weighted by their scores (MediaPipe). */
  method: "greedy" | "weighted";
  /** Whether boxes of different classes are compared too. */
  acrossClasses: boolean;
}

/** What each pixel of a picture belongs to. */
export interface MaskOutput {
  kind: "mask";
  tensor: string;
  /** scores: a number for each class; index: the number of the class; foreground: one number, how much it is part of the thing. */
  pixels: "scores" | "index" | "foreground";
  /** Where rows (H), columns (W) and classes (C) stand. */
  layout: "NCHW" | "NHWC" | "CHW" | "HWC" | "NHW" | "HW";
  /** What the graph has not yet applied. */
  activation: "softmax" | "sigmoid" | "none";
  /** A file beside the model, or the list; of a foreground, the one name. null: the label is the class index. */
  labels: string | string[] | null;
  /** From which on a pixel counts as foreground. */
  threshold: number;
  quantization?: Quantization;
}

/**
 * For each pixel how much it is part of the inside of a piece of text, as differentiable binarisation gives it (Liao et al. 2020,
 * section 3.3): regions of the map are shrunk pieces of text.
 */
export interface TextMapOutput {
  kind: "text-map";
  /** [1, 1, height, width], 0 to 1. */
  tensor: string;
  /** Above it, a pixel is of text. */
  threshold: number;
  /** Regions whose mean is less are none. */
  regionThreshold: number;
  /** How far a region grows: by its area times this, divided by its outline's length. */
  unclip: number;
}
