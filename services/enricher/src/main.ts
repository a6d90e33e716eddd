import { runService } from '@assay/runtime';
import { enricher } from './service.ts';

await runService(enricher);
