// The engine behind `firebase firestore:delete --recursive`. The command itself asks for a login even against an
// emulator, so its exported class is driven as the command drives it.
// node firebase_delete.cjs PROJECT PATH
const tools = require.resolve("../../local/node_modules/firebase-tools/package.json");
const { createRequire } = require("node:module");
const load = createRequire(tools);
const { FirestoreDelete } = load("./lib/firestore/delete.js");
load("./lib/apiv2.js").setAccessToken("owner");
const [project, path] = process.argv.slice(2);
const engine = new FirestoreDelete(project, path, { recursive: true, databaseId: "(default)" });
const started = process.hrtime.bigint();
engine.execute().then(
  () => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    console.log("\n" + JSON.stringify({ seconds }));
  },
  (error) => {
    console.error(String(error));
    process.exitCode = 1;
  },
);
