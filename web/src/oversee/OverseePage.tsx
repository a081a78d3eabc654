export default function OverseePage() { return null; }
