import { runService } from '@assay/runtime';
import { ledger } from './service.ts';

await runService(ledger);
