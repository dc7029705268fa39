/** Height of a drawing in CSS pixels; its width is that of its place. */
export const HEIGHT = 280;

const LABEL_SIZE = 14;
/** Type no smaller than the rest of what is read beside it. */
export const plainAxis = { tickLabelStyle: { fontSize: LABEL_SIZE }, labelStyle: { fontSize: LABEL_SIZE } } as const;

/** Heights of a horizontal axis, with and without words of its own: too little, and labels are cut to nothing. */
export const AXIS = { labelled: 58, plain: 34 } as const;

/** React's ids hold characters that a `url(#…)` must not. */
export const scopeOf = (id: string): string => `p${id.replaceAll(/[^A-Za-z0-9]/g, "")}`;
