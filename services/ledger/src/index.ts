export { ledger } from './service.ts';
