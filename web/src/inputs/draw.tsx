import { useEffect, useRef, useState } from "preact/hooks";

/** Side of the drawing in pixels, and the width of a stroke: about 2.4 of 28, as a pen leaves it in MNIST. */
const SIDE = 280;
const STROKE = 24;

/** A square to draw in with the mouse, a finger or a pen. What was drawn is given at the end of each stroke. */
export function DrawPad({ ground, give }: { ground: "dark" | "light"; give(drawing: Blob): void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isEmpty, setEmpty] = useState(true);
  const [paper, ink] = ground === "dark" ? ["#000", "#fff"] : ["#fff", "#000"];

  const clear = () => {
    const brush = canvas.current?.getContext("2d");
    if (!brush) return;
    brush.fillStyle = paper as string;
    brush.fillRect(0, 0, SIDE, SIDE);
    setEmpty(true);
  };
  useEffect(clear, [ground]);

  const stroke = (event: PointerEvent, begins: boolean) => {
    const pad = canvas.current;
    const brush = pad?.getContext("2d");
    if (!pad || !brush || (!begins && !pad.hasPointerCapture(event.pointerId))) return;
    if (begins) {
      pad.setPointerCapture(event.pointerId);
      brush.beginPath();
      brush.lineWidth = STROKE;
      brush.lineCap = "round";
      brush.lineJoin = "round";
      brush.strokeStyle = ink as string;
      brush.moveTo(...placeIn(pad, event));
      setEmpty(false);
    }
    // A browser gathers the points between two frames; without them a fast stroke has corners.
    const points = begins ? [event] : event.getCoalescedEvents();
    for (const point of points.length > 0 ? points : [event]) brush.lineTo(...placeIn(pad, point));
    brush.stroke();
  };
  const end = (event: PointerEvent) => {
    const pad = canvas.current;
    if (!pad?.hasPointerCapture(event.pointerId)) return;
    pad.releasePointerCapture(event.pointerId);
    pad.toBlob((drawing) => drawing && give(drawing), "image/png");
  };
  return (
    <div class="draw">
      <div class="pad">
        <canvas
          ref={canvas}
          width={SIDE}
          height={SIDE}
          aria-label="A square to draw in"
          onPointerDown={(event) => stroke(event, true)}
          onPointerMove={(event) => stroke(event, false)}
          onPointerUp={end}
          onPointerCancel={end}
        />
        {isEmpty && <span class={`wish ${ground}`}>Draw here, large and in the middle</span>}
      </div>
      <button type="button" disabled={isEmpty} onClick={clear}>
        Clear
      </button>
    </div>
  );
}

/** From the place on the screen to the place in the drawing, which may be shown smaller. */
function placeIn(pad: HTMLCanvasElement, event: PointerEvent): [number, number] {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
}
