/** The same rate at every step. */
export function constant({ learningRate }: { learningRate: number }): (step: number) => number {
  return () => learningRate;
}
