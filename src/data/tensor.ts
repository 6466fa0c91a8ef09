/** The one place where the data code takes TensorFlow.js from. */
export * as tf from "@tensorflow/tfjs";
