// The gateway as a process of its own.
import { runService } from '@assay/runtime';
import { gateway } from './service.ts';

await runService(gateway);
