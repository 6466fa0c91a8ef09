/**
 * One line of progress on stderr. On a terminal it is rewritten in place; elsewhere only its beginning and its end are
 * written, so that a log holds one line and not hundreds.
 */
export interface ProgressLine {
  /** Shows what is going on now. */
  update(text: string): void;
  /** Ends the line with a word such as "done"; the time taken is added. */
  end(word: string): void;
}

/** Begins a line `cellwright: TITLE …` on the stream. */
export function progressLine(title: string, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  const begin = `cellwright: ${title} …`;
  let text = "";
  const draw = () => {
    const line = `${begin} ${text === "" ? "" : `${text}, `}${seconds()}`;
    stream.write(`\r\x1b[2K${line.slice(0, Math.max(20, (stream.columns || 80) - 1))}`);
  };
  stream.write(begin);
  const timer = stream.isTTY ? setInterval(draw, 1000) : undefined;
  timer?.unref();
  return {
    update(now) {
      text = now;
      if (stream.isTTY) draw();
    },
    end(word) {
      clearInterval(timer);
      stream.write(`${stream.isTTY ? `\r\x1b[2K${begin}` : ""} ${word} in ${seconds()}\n`);
    },
  };
}
