export { type GosecIssue, gosecReportOf, issueAt, writeGosecReport } from './gosec-report.ts';
export { preparePython } from './prepare-python.ts';
export { type Random, randomFrom } from './random.ts';
export { type Expected, type Received, type ScriptedServer, startScriptedServer } from './scripted-server.ts';
export { type Deployment, deploy, type ServiceProcess, spawnService } from './spawn-services.ts';
export { startNats, type TestNats } from './start-nats.ts';
export { newHome, type PlatformProcess, type Ran, root, type TestHome } from './start-platform.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
