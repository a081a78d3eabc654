export default function WatchlistsPage() { return null; }
