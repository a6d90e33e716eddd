export { writeGosecReport } from './gosec-report.ts';
export { preparePython } from './prepare-python.ts';
export { type Deployment, deploy, type ServiceProcess, spawnService } from './spawn-services.ts';
export { startNats, type TestNats } from './start-nats.ts';
export { newHome, type PlatformProcess, type Ran, root, type TestHome } from './start-platform.ts';
