import { useEffect, useState } from "preact/hooks";

/** An address under which the page itself can show a file; "" for the moment until it is made. */
export function useUrl(file: Blob): string {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
