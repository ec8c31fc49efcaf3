import type { JsonObject } from '../json.js';

/** RFC 9396 element, the one type this broker speaks. A call may do each of `actions` on `identifier` with `arguments`. */
export interface ToolCall {
  readonly type: 'tool_call';
  readonly actions: readonly string[];
  readonly identifier?: string;
  readonly arguments?: JsonObject;
}

export interface Task {
  readonly id: string;
  readonly description: string | null;
  readonly ticket: string | null;
}

export interface Evidence {
  readonly title: string;
  readonly url: string;
}

/** A link of the delegation chain, nearest first. */
export interface ChainLink {
  readonly iss: string;
  readonly sub: string;
}

/** What an agent asks, after defaulting. Never changes once it has a digest. */
export interface EscalationRequest {
  readonly resource: string;
  readonly authorization_details: readonly ToolCall[];
  readonly requested_ttl: number;
  readonly max_uses: number | null;
  readonly task: Task;
  readonly justification: string | null;
  readonly evidence: readonly Evidence[];
  readonly break_glass: boolean;
  readonly chain: readonly ChainLink[];
}

/** What was granted: never wider than what was asked. */
export interface GrantedAuthority {
  readonly authorization_details: readonly ToolCall[];
  readonly ttl: number;
  readonly max_uses: number | null;
}

/** Limits a person or a policy puts on an approval; absent members cut nothing. */
export interface AuthorityLimits {
  readonly ttl?: number;
  readonly max_uses?: number;
  readonly authorization_details?: readonly ToolCall[];
}

export interface Cut {
  readonly field: 'ttl' | 'max_uses' | 'authorization_details';
  readonly asked: unknown;
  readonly granted: unknown;
}
