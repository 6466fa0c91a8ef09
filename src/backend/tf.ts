/**
 * The one instance of TensorFlow.js.
 *
 * In Node `@tensorflow/tfjs` resolves to CommonJS (its ES-module build does not load there), so its default import is the
 * module object itself: the same object that `require("@tensorflow/tfjs")` returns and whose members
 * `import * as tf from "@tensorflow/tfjs"` lists. Back ends, kernels, flags and memory are therefore shared with the user's code.
 * Everything in the library takes `tf` from here, as a value and as a namespace of types.
 */
import tf from "@tensorflow/tfjs";

// The plain JavaScript back end greets its first use on the console, where a library has no business: it shall think it did so.
const cpu: object = Object.getPrototypeOf(tf.findBackendFactory("cpu")());
Object.defineProperty(cpu, "firstUse", { get: () => false, set: () => {}, configurable: true });

// A log of a tensor or a model says what it is; their insides, hundreds of lines, are of use to nobody.
const inspected = Symbol.for("nodejs.util.inspect.custom");
Object.defineProperty(tf.Tensor.prototype, inspected, {
  value(this: tf.Tensor) {
    return `${this.constructor.name} { ${this.dtype} [${this.shape.join(", ")}]${this.isDisposed ? ", disposed" : ""} }`;
  },
  configurable: true,
});
Object.defineProperty(tf.LayersModel.prototype, inspected, {
  value(this: tf.LayersModel) {
    return `${this.constructor.name} { ${this.name}: ${this.countParams().toLocaleString("en")} parameters }`;
  },
  configurable: true,
});

export { tf };
