// What Slack's answers mean for a delivery.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
// https://docs.slack.dev/changelog/2016/05/17/changes-to-errors-for-incoming-webhooks
import { InvalidInput, Transient } from '@assay/contracts';
import { type Answer, credentialRefusedCode, type Door } from '../../http/door.ts';
import { heldBack } from '../held-back.ts';

/** It is the sink that is wrong, not the message: it waits until somebody has put it right, here or in Slack. */
const ofTheSink = new Set([
  'access_denied',
  'account_inactive',
  'action_prohibited',
  'as_user_not_supported',
  'channel_is_archived',
  'channel_not_found',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'invalid_auth',
  'invalid_token',
  'is_archived',
  'missing_scope',
  'no_active_hooks',
  'no_permission',
  'no_service',
  'no_service_id',
  'no_team',
  'not_allowed_token_type',
  'not_authed',
  'not_in_channel',
  'org_login_required',
  'posting_to_general_channel_denied',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'team_access_not_granted',
  'team_disabled',
  'team_not_found',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
  'user_not_found',
]);
const passing = new Set([
  'fatal_error',
  'internal_error',
  'message_limit_exceeded',
  'rate_limited',
  'ratelimited',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
]);

/** Throws unless an incoming webhook took the message. */
export function judgeWebhook(door: Door, answer: Answer): void {
  if (answer.status < 200 || answer.status >= 300)
    throw heldBack(answer, errorOf(door, answer, wordOf(answer.text)), 'credentials.webhook');
  const body = jsonOf(answer.text);
  if (body && 'error' in body && body.ok !== true) throw errorOf(door, answer, errorIn(answer.text) || 'an error');
  // Slack says "ok", others that take the same say other words; a page is of whoever is in between.
  if (/^\s*</.test(answer.text))
    throw new Transient('the answer is a page and none of Slack’s; look what is at credentials.webhook', {
      code: 'sink.slack',
    });
}

/** Throws unless a method of the Web API says "ok". */
export function judgeMethod(door: Door, answer: Answer): void {
  if (answer.status < 200 || answer.status >= 300) throw heldBack(answer, errorOf(door, answer, errorIn(answer.text)));
  const body = jsonOf(answer.text);
  if (body?.ok === true) return;
  const error = errorIn(answer.text);
  if (!error) throw new Transient('Slack’s answer is none of its API; check config.url', { code: 'sink.slack' });
  throw errorOf(door, answer, error);
}

function errorOf(door: Door, answer: Answer, error: string): InvalidInput | Transient {
  if (ofTheSink.has(error) || isGone(answer))
    return new Transient(`Slack says ${error || answer.status}; repair the sink, its credentials or the channel`, {
      code: credentialRefusedCode,
    });
  if (passing.has(error) && answer.status < 500 && answer.status !== 429)
    return new Transient(`Slack says ${error}`, { code: 'sink.slack' });
  if (answer.status >= 300) return door.errorOf(answer, error);
  return new InvalidInput(`Slack does not take the message: ${error}`, { code: 'sink.slack.refused' });
}

// A hook, a channel or a method that is not there is not there for any message.
function isGone({ status }: Answer): boolean {
  return status === 404 || status === 410;
}

function errorIn(text: string): string {
  const { error } = jsonOf(text) ?? {};
  return typeof error === 'string' ? wordOf(error) : '';
}

// Errors are single words; anything else may be a page of whoever is in between.
function wordOf(text: string): string {
  return /^\s*([a-z][a-z0-9_]{1,63})\b/.exec(text)?.[1] ?? '';
}

function jsonOf(text: string): { ok?: unknown; error?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
