// What a check is about decides what kind of finding it is. The frameworks are Checkov's own names (check_type).
import { Kind } from '@assay/contracts';

export function kindOf(framework: string, checkId: string): Kind {
  if (framework === 'secrets' || checkId.startsWith('CKV_SECRET_')) return Kind.SECRET;
  if (framework.startsWith('sca_')) return checkId.includes('_LIC_') ? Kind.LICENSE : Kind.VULNERABILITY;
  return framework.startsWith('sast') ? Kind.WEAKNESS : Kind.MISCONFIGURATION;
}
