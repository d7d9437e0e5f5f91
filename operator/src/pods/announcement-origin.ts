import type { AnnouncementFate, PodAnnouncement } from './announcements.ts';
import type { PodObject } from './pod-ports.ts';

/**
 * Whether an announcement names the address of its pod; if not, what becomes of it. What a pod's status says decides.
 * A kubelet takes up to a second to say it, which every cold start would wait for: until then the address that the
 * announcement came from has to do, and one that came by way of another address waits.
 */
export function judgeOrigin(
  { host, sender }: Pick<PodAnnouncement, 'host' | 'sender'>,
  pod: PodObject | undefined,
): 'own' | Exclude<AnnouncementFate, 'taken'> {
  const podIP = pod?.status?.podIP;
  if (podIP !== undefined) return podIP === host ? 'own' : 'unwanted';
  return sender === host ? 'own' : 'later';
}
