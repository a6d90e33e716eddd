import { runService } from '@assay/runtime';
import { consumer } from './service.ts';

await runService(consumer);
