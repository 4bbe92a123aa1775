// The Auth emulator builds a validator for each parameter of its 30 calls, and each one first checks
// its schema against a meta-schema that it compiles anew: ten seconds of every start. The schemas are
// those that firebase-tools ships, so this leaves that check out. Requests are validated as ever.
const { createRequire } = require("node:module");
try {
  const tools = createRequire(require.resolve("firebase-tools/package.json"));
  const exegesis = createRequire(tools.resolve("exegesis-express"));
  const ajv = createRequire(exegesis.resolve("exegesis"))("ajv");
  (ajv.default ?? ajv).prototype.validateSchema = () => true;
} catch {
  // Another version of firebase-tools: it starts a little later.
}
