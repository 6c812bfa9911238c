// Entry: Streamlit calls this for every packet; the viewer of an element stays.

import { readPacket } from "./slices.js";
import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

export default function mount({ data, parentElement, setTriggerValue }) {
  if (!data) return undefined;
  const packet = readPacket(data);
  let viewer = viewers.get(parentElement);
  if (viewer && viewer.study.key !== packet.header.study.key) {
    viewer.close();
    viewer.panel.root.remove();
    viewer = undefined;
  }
  if (!viewer) {
    viewer = new Viewer(parentElement, packet.header);
    viewers.set(parentElement, viewer);
  }
  viewer.receive(packet, setTriggerValue);
  return () => {
    viewer.close();
    viewer.panel.root.remove();
    viewers.delete(parentElement);
  };
}
