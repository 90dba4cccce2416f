// One bill of materials (CycloneDX) of what is in an image: the program's crates, the packages in its web map, the C library it is linked with.
// node sbom.mjs CRATES.json WEB.json VERSION-OF-GLIBC > sbom.cdx.json; WEB.json may be `-`: no web map
import { readFileSync } from "node:fs";

const [crates, web, glibc] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const bom = read(crates);
if (web !== "-") bom.components.push(...read(web).components);
bom.components.push({
  type: "library",
  "bom-ref": `pkg:deb/debian/glibc@${glibc}`,
  name: "glibc",
  version: glibc,
  purl: `pkg:deb/debian/glibc@${glibc}`,
  licenses: [{ license: { id: "LGPL-2.1-or-later" } }],
});
if (bom.components.length < 100) throw new Error(`${crates} lists only ${bom.components.length} components`);
process.stdout.write(JSON.stringify(bom, null, 1));
