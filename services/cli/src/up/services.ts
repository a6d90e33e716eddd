// Every service, in the order in which they start: who listens before who speaks.
import { consumer } from '@assay/consumer';
import { enricher } from '@assay/enricher';
import { executor } from '@assay/executor';
import { gateway } from '@assay/gateway';
import { ledger } from '@assay/ledger';
import { producer } from '@assay/producer';
import type { AnyService } from '@assay/runtime';

export const services: readonly AnyService[] = [ledger, consumer, enricher, producer, gateway, executor];
