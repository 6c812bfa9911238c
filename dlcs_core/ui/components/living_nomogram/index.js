/**
 * A nomogram with one patient's dots: a moved dot is a hypothetical patient, computed here.
 *
 * All nomograms of a case share their dots' values. Python is told only whether one stands
 * elsewhere than the patient's own, so that the page can hide the patient's result meanwhile.
 */

import { Patient } from "./patient.js";
import { drawResponse, drawSurvival } from "./sections.js";
import { html } from "./svg.js";

const SECTIONS = { response: drawResponse, survival: drawSurvival };
const instances = new WeakMap();

export default function component({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".living");
  if (!instances.has(host)) instances.set(host, new Instance(host));
  const instance = instances.get(host);
  instance.tell = (moved) => data.primary && setStateValue("moved", moved);
  instance.receive(data);
  return () => {
    instance.close();
    instances.delete(host);
  };
}

/** One nomogram on the page. */
class Instance {
  constructor(host) {
    this.host = host;
    this.observer = new ResizeObserver(() => {
      if (this.data && host.clientWidth !== this.width) this.build();
    });
    this.observer.observe(host);
  }

  /** Take what Python sent; a page that runs again with the same case must not let go of a dot. */
  receive(data) {
    const again = this.data?.identity === data.identity && this.data.language === data.language;
    this.data = data;
    if (again) return;
    this.patient?.leave(this);
    this.patient = Patient.of(data.identity);
    this.patient.join(this, data.model.nomogram.terms);
    this.build();
  }

  build() {
    const { data, host } = this;
    const focused = host.getRootNode().activeElement?.getAttribute("aria-label");
    this.width = host.clientWidth;
    this.reset = html("button", { type: "button", class: "reset" }, data.words.reset);
    this.reset.onclick = () => this.patient.reset();
    this.notice = html("span", { class: "notice", role: "status", "aria-live": "polite" });
    this.hint = html("span", { class: "hint" }, data.words.hint);
    const stamp = html("div", { class: "stamp", "aria-hidden": "true" }, data.words.hypothetical);
    const section = html("section", { class: data.kind });
    const bar = html("div", { class: "bar" }, this.hint, this.notice, this.reset);
    host.replaceChildren(section, stamp, bar);
    const onMove = (name, value) => this.patient.move(name, value);
    this.draw = SECTIONS[data.kind](section, data.model, data.words, onMove);
    this.update();
    if (focused) host.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  update() {
    const moved = this.patient.isMoved;
    this.host.classList.toggle("moved", moved);
    this.reset.hidden = !moved;
    this.hint.hidden = moved;
    this.notice.textContent = moved ? this.data.words.notice : "";
    this.draw(this.patient.values, moved);
    if (moved !== (this.told ?? false)) {
      this.told = moved;
      this.tell(moved);
    }
  }

  close() {
    this.observer.disconnect();
    this.patient?.leave(this);
  }
}
