export default function InvestigatePage() { return null; }
