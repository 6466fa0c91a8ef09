import { describe, expect, test } from "vitest";
import { NotebookProgram } from "../../../kernel/language/program.ts";
import { codePointsBefore, Lines, offsetOfCodePoint } from "../../../kernel/language/text.ts";

describe("the program of the cells", () => {
  test("every character of the cell has its place in the program, and back", () => {
    const program = new NotebookProgram();
    program.add("import { a } from 'm';\nconst before = 1;");
    const cell = "const 😀x = 1; import b from 'n';\r\nimport {\n  c } from 'o'; export const d = `\n`; b";
    const whole = program.withCell(cell);
    const lines = new Lines(whole.text);
    let same = 0;
    for (let offset = 0; offset < cell.length; offset += 1) {
      const position = whole.position(offset);
      const found = whole.text[lines.offset(position)];
      expect(whole.offsetInCell(position)).toBe(offset);
      if (found === cell[offset]) same += 1;
      else expect([" ", "\n"]).toContain(found); // `export` is blanked; where an import ends, so does its line
    }
    expect(same).toBeGreaterThanOrEqual(cell.length - "export".length - 2);
    expect(whole.modules).toEqual(["m", "n", "o"]);
  });

  test("what is not the cell's has no place in it", () => {
    const program = new NotebookProgram();
    program.add("const before = 1;");
    const whole = program.withCell("before");
    expect(whole.offsetInCell({ line: 0, character: 0 })).toBeUndefined();
    expect(whole.offsetInCell({ line: 2, character: 3 })).toBeUndefined();
  });

  test("asking changes nothing", () => {
    const program = new NotebookProgram();
    program.add("const a = 1");
    const before = program.withCell("").text;
    program.withCell("import x from 'm'; const b = 1");
    expect(program.withCell("").text).toBe(before);
  });

  test("a later import of a name replaces the earlier one", () => {
    const program = new NotebookProgram();
    program.add("import { a, b } from 'one'");
    program.add("import { a } from 'two'");
    const { text } = program.withCell("a");
    expect(text.match(/import \{ a \} from '\w+'/g)).toEqual(["import { a } from 'two'"]);
    expect(text).toContain("import { b } from 'one'");
    expect(program.withCell("import b from 'three'").text.match(/from 'one'/g)).toBeNull();
  });

  test("cells that leave nothing behind are not kept, and equal ones not for ever", () => {
    const program = new NotebookProgram();
    for (const cell of ["1 + 1", "console.log(a)", "a === b; (() => 1)(); a >= b", "await f({ a: 1 })"])
      program.add(cell);
    expect(program.withCell("").text).toBe("export {};\n;{\n\n}\n");
    program.add("const { first, second } = pair; const once = 1");
    for (let n = 0; n < 2_000; n += 1) program.add(`const a${n % 10} = f(${n}, [2, { c: 3 }]); class B${n % 10} {}`);
    const { text } = program.withCell("");
    expect(text.split("\n").length).toBeLessThan(700);
    expect(text).toContain("const a9 = f(1999,");
    expect(text).toContain("const once = 1");
  });

  test("nothing is left when the variables are gone", () => {
    const program = new NotebookProgram();
    program.add("import x from 'm'; const a = 1");
    program.clear();
    expect(program.withCell("b").text).toBe("export {};\n;{\nb\n}\n");
  });
});

test("code points and UTF-16 units", () => {
  const text = "a😀é👩‍🎓z";
  const points = [...text];
  for (let n = 0; n <= points.length; n += 1) {
    const offset = points.slice(0, n).join("").length;
    expect(offsetOfCodePoint(text, n)).toBe(offset);
    expect(codePointsBefore(text, offset)).toBe(n);
  }
  expect(offsetOfCodePoint(text, 100)).toBe(text.length);
  expect(offsetOfCodePoint(text, -1)).toBe(0);
});

test("lines end as the compiler sees them", () => {
  const lines = new Lines("a\nb\r\nc\rd");
  expect([0, 2, 5, 7].map((offset) => lines.position(offset).line)).toEqual([0, 1, 2, 3]);
  expect(lines.offset({ line: 3, character: 0 })).toBe(7);
});
