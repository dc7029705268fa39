import { HEADLINE_WORDS } from "#shared/presentation/words.ts";

const PREFIX = "urn:countersign:action:";

/** The app's words for an action type, or undefined: then the type itself is shown, as class A. */
export function actionWords(actionType: string): string | undefined {
  const name = actionType.startsWith(PREFIX) ? actionType.slice(PREFIX.length) : actionType;
  return Object.hasOwn(HEADLINE_WORDS.actions, name) ? HEADLINE_WORDS.actions[name] : undefined;
}
