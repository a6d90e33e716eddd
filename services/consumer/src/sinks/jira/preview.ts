// Jira as it is, but for what would be written to it: that is noted.
import type { JiraApi } from './api.ts';

export function previewing(api: JiraApi): { api: JiraApi; writes: string[] } {
  const writes: string[] = [];
  const note = (what: string, ...details: unknown[]) =>
    void writes.push([what, ...details.map((detail) => JSON.stringify(detail))].join(' '));
  return {
    writes,
    api: {
      checkProject: (...args) => api.checkProject(...args),
      find: (...args) => api.find(...args),
      read: (...args) => api.read(...args),
      transitions: (...args) => api.transitions(...args),
      create: async (fields) => {
        note('create', fields);
        return 'an issue to be made';
      },
      update: async (key, fields) => note(`update ${key}`, fields),
      transition: async (key, id, fields) => note(`move ${key} by transition ${id}`, fields),
      // What the sink notes for itself is of no interest to people.
      record: async () => {},
    },
  };
}
