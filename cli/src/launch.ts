// The first file of the bundled program: the rest would fail on an older Node.js before it could say why.
const NEEDED_MAJOR = 24;
const PROGRAM = './program.mjs';

if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) {
  await import(PROGRAM);
} else {
  process.stderr.write(
    `error: mayfly needs Node.js ${NEEDED_MAJOR.toString()} or newer, and this is ${process.version}: run bin/mayfly, which brings its own\n`,
  );
  process.exitCode = 2;
}
