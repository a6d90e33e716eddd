// Runs the producer alone: `node src/main.ts`.
import { runService } from '@assay/runtime';
import { producer } from './service.ts';

await runService(producer);
