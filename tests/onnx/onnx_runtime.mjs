// Runs exported networks in ONNX Runtime and compares with what Trine made of the same photos:
//   node onnx_runtime.mjs FOLDER
// The folder is one that export_networks wrote.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";

const folder = process.argv[2];
const ort = createRequire(join(process.cwd(), "package.json"))("onnxruntime-node");

// An array of floats as NumPy stores it.
function read_npy(file) {
  const bytes = readFileSync(file);
  const length = bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, 10 + length);
  if (!header.includes("'<f4'")) throw new Error(`${file}: not floats: ${header}`);
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(",").filter((s) => s.trim()).map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, values: new Float32Array(bytes.buffer.slice(bytes.byteOffset + 10 + length).slice(0, 4 * count)) };
}

// ‖a − b‖ / ‖b‖, the largest of all rows.
function difference(a, b, columns) {
  let most = 0;
  for (let row = 0; row * columns < b.length; ++row) {
    let error = 0, size = 0;
    for (let i = row * columns; i < (row + 1) * columns; ++i) error += (a[i] - b[i]) ** 2, size += b[i] ** 2;
    most = Math.max(most, Math.sqrt(error / size));
  }
  return most;
}

let failures = 0, networks = 0;
const end = ".images.npy";
const names = readdirSync(folder).filter((file) => file.endsWith(end)).map((file) => file.slice(0, -end.length));
for (const name of names) {
  const images = read_npy(join(folder, `${name}.images.npy`));
  const expected = read_npy(join(folder, `${name}.embeddings.npy`));
  const columns = expected.shape[1], size = images.values.length / images.shape[0];
  const found = {};
  let measured = ""; // where export_networks measured too
  for (const kind of ["onnx", "folded.onnx"]) {
    const session = await ort.InferenceSession.create(join(folder, `${name}.${kind}`), { logSeverityLevel: 3 });
    const run = async (values, count) => {
      const shape = [count, ...images.shape.slice(1)];
      const out = (await session.run({ images: new ort.Tensor("float32", values, shape) })).embeddings;
      if (out.dims.join() !== [count, columns].join()) throw new Error(`${name}: embeddings of ${out.dims}`);
      return out.data;
    };
    const all = await run(images.values, images.shape[0]);
    const one = await run(images.values.slice(0, size), 1); // the batch is of any size
    found[kind] = Math.max(difference(all, expected.values, columns),
                           difference(one, expected.values.slice(0, columns), columns));
    if (kind === "folded.onnx" && existsSync(join(folder, `${name}.milliseconds`))) {
      const times = [];
      for (let i = 0; i < 15; ++i) {
        const start = performance.now();
        await run(images.values.slice(0, size), 1);
        times.push(performance.now() - start);
      }
      const theirs = times.sort((a, b) => a - b)[7], own = Number(readFileSync(join(folder, `${name}.milliseconds`)));
      const megabytes = statSync(join(folder, `${name}.${kind}`)).size / 1e6;
      measured = `  ${megabytes.toFixed(1)} MB  ONNX Runtime ${theirs.toFixed(2)} ms, Trine ${own.toFixed(2)} ms`;
    }
    await session.release();
  }
  const most = Math.max(...Object.values(found));
  const right = most < 1e-5;
  failures += !right;
  ++networks;
  const [plain, folded] = [found.onnx, found["folded.onnx"]].map((d) => d.toExponential(1));
  console.log(`${name.padEnd(26)} ${plain}  folded ${folded}${measured}${right ? "" : "  TOO MUCH"}`);
}
if (failures > 0 || networks === 0) {
  console.log(`${failures} of ${networks} networks differ`);
  process.exit(1);
}
console.log(`${networks} networks agree with ONNX Runtime`);
