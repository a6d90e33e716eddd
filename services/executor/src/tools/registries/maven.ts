// A Java program: its jars in lib, and a script in bin that starts it. By mvn where that is, because the user's mirrors,
// proxies and passwords are in its settings; else straight from the repository.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../find-tool.ts';
import type { Jar, MavenInstall } from '../install-spec.ts';
import { downloadJar } from './download-jar.ts';
import { run, type Workshop } from './workshop.ts';

// Pinned like the jars: the plugin that Maven would choose differs between its versions.
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

export async function installFromMaven(install: MavenInstall, workshop: Workshop): Promise<void> {
  const { folder, command, places } = workshop;
  const lib = join(folder, 'lib');
  await mkdir(lib);
  const mvn = await findProgram('mvn', places.path);
  if (mvn) await copyByMaven(mvn, install.jars, lib, workshop);
  else for (const jar of install.jars) await downloadJar(jar, lib, workshop);
  await mkdir(join(folder, 'bin'));
  const quoted = `'${join(lib, '*').replaceAll("'", "'\\''")}'`;
  const script = `#!/bin/sh\nexec java -cp ${quoted} ${install.mainClass} "$@"\n`;
  await writeFile(join(folder, 'bin', command), script, { mode: 0o755 });
}

async function copyByMaven(mvn: string, jars: readonly Jar[], lib: string, workshop: Workshop): Promise<void> {
  const { folder } = workshop;
  await writeFile(join(folder, 'pom.xml'), pomOf(jars));
  // --strict-checksums: the default only warns.
  const flags = ['--batch-mode', '--quiet', '--strict-checksums', '--file', join(folder, 'pom.xml')];
  await run([mvn, ...flags, copyDependencies, `-DoutputDirectory=${lib}`], folder, {}, workshop);
}

// Without what the jars depend on themselves, so that both ways give the same files.
function pomOf(jars: readonly Jar[]): string {
  const dependencies = jars.map(
    ({ group, artifact, version }) => `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
      <exclusions>
        <exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.assay</groupId>
  <artifactId>tool</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.join('')}  </dependencies>
</project>
`;
}
