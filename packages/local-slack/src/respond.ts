import type { ServerResponse } from 'node:http';
import { readBody, send, sendJson, type Request } from './http.js';
import { isObject, parseJson } from './json.js';
import type { ResponseUrl, ResponseUrls } from './response-urls.js';
import { Args } from './web-api/call.js';
import { applyUpdate, readContent } from './web-api/chat.js';
import type { Workspace } from './workspace.js';

/** Takes a POST to a response URL; answers `ok`, or 404 with Slack's code once it is used up or too old. */
export async function respond(
  request: Request,
  response: ServerResponse,
  urls: ResponseUrls,
  workspace: Workspace,
): Promise<void> {
  if (request.method !== 'POST') return sendJson(response, 405, { ok: false, error: 'method_not_allowed' });
  const body = await readBody(request.raw);
  const url = urls.use(request.path);
  if ('error' in url) return sendJson(response, 404, { ok: false, error: url.error });
  const given = body === undefined ? undefined : parseJson(body);
  if (!isObject(given)) return sendJson(response, 400, { ok: false, error: 'invalid_payload' });
  const error = apply(new Args(given), url, workspace);
  if (error) return sendJson(response, 400, { ok: false, error });
  send(response, 200, 'text/plain; charset=utf-8', 'ok');
}

function apply(args: Args, { message, channel, user }: ResponseUrl, workspace: Workspace): string | undefined {
  if (args.flag('delete_original')) {
    if (message === undefined) return 'message_not_found';
    message.deleted = true;
    workspace.touched(message);
    return undefined;
  }
  const content = readContent(args);
  if ('ok' in content) return content.ok ? undefined : content.error;
  if (content.text === '' && !content.blocks?.length) return 'no_text';
  if (args.flag('replace_original')) {
    if (message === undefined || message.deleted) return 'message_not_found';
    applyUpdate(workspace, message, content, args.has('text'));
    return undefined;
  }
  workspace.add({
    channel,
    ts: workspace.stamp(),
    ...(args.has('thread_ts') ? { thread_ts: args.text('thread_ts') } : {}),
    user: workspace.credentials.botUserId,
    text: content.text,
    blocks: content.blocks ?? [],
    ...(args.text('response_type') === 'in_channel' ? {} : { ephemeral_to: user }),
    mrkdwn: true,
  });
  return undefined;
}
