import type { AnnouncementFate, PodAnnouncement } from './announcements.ts';
import type { PodObject } from './pod-ports.ts';

/**
 * Whether an announcement names the address of its pod; if not, what becomes of it. Whoever may read a pod knows its
 * token, and could ask for what its function may read: assignments go to the pod itself or to nobody.
 */
export function judgeOrigin(
  { host }: Pick<PodAnnouncement, 'host'>,
  pod: PodObject | undefined,
): 'own' | Exclude<AnnouncementFate, 'taken'> {
  const podIP = pod?.status?.podIP;
  if (podIP === undefined) return 'later';
  return podIP === host ? 'own' : 'unwanted';
}
