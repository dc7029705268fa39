import type { InsightsView } from "#shared/ipc/insights.ts";
import { classifyText } from "#shared/presentation/text-hygiene.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

import { actionWords } from "../review/action-words.ts";

/** The last part of a name that nobody has given words for. */
const lastPart = (uri: string): string => uri.split(/[/:]/).at(-1) ?? uri;
/** Names stand in titles and axes, which are plain text: what hides is drawn as tokens there too (3.4(1)). */
const plain = (name: string): string => flatText(classifyText(name, { cls: "R" }).display);

export const kindName = (type: string): string => actionWords(type) ?? plain(lastPart(type));
export const agentName = ({ agents }: Pick<InsightsView, "agents">, uri: string): string =>
  plain(agents[uri] ?? lastPart(uri));
export const personName = ({ me }: Pick<InsightsView, "me">, uri: string, you: string): string =>
  uri === me ? you : plain(lastPart(uri));
