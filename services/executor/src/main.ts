// Runs the executor alone: `node src/main.ts`.
import { runService } from '@assay/runtime';
import { executor } from './service.ts';

await runService(executor);
