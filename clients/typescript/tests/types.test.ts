/** The types are those of docs/openapi.yaml, and of nothing else. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("src/api.ts is what `npm run types` would write now", () => {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  try {
    const written = join(folder, "api.ts");
    const command = join(root, "node_modules", ".bin", "openapi-typescript");
    execFileSync(command, [join(root, "..", "..", "docs", "openapi.yaml"), "--output", written], { stdio: "ignore" });
    assert.equal(readFileSync(written, "utf8"), readFileSync(join(root, "src", "api.ts"), "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
