// SECURITY: the first script of the page hands the nonce of this load to the style engines, before any module runs:
// notistack's asks for it while it is imported (approval-experience.md 14.4). The protocol handler fills the attribute.
window.__nonce__ = document.currentScript?.nonce;

// SECURITY: notistack's engine (goober) takes this element for its own when it holds a text node; without one it would
// write innerHTML, which Trusted Types refuse. Made here because a bundler empties such an element in the page's source.
const style = document.createElement("style");
style.id = "_goober";
style.nonce = window.__nonce__ ?? "";
style.append(" ");
document.head.append(style);
