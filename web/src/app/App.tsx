import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { Enrol } from "./Enrol";
import { LiveProvider } from "./live";
import { ProviderReturn } from "./ProviderReturn";
import { ROOMS } from "./rooms";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";
import { StepUpDialog } from "./StepUpDialog";
import { HOME, useSession } from "./session";
import { Empty, Failure, Loading } from "./states";

const PAGES = {
  command: lazy(() => import("../command/CommandPage")),
  policy: lazy(() => import("../policy/PolicyPage")),
  cards: lazy(() => import("../cards/CardsPage")),
  shifts: lazy(() => import("../shifts/ShiftsPage")),
  intervals: lazy(() => import("../intervals/IntervalsPage")),
  replay: lazy(() => import("../replay/ReplayPage")),
  patrol: lazy(() => import("../patrol/PatrolPage")),
  boxes: lazy(() => import("../boxes/BoxesPage")),
  tours: lazy(() => import("../tours/ToursPage")),
  streets: lazy(() => import("../streets/StreetsPage")),
  investigate: lazy(() => import("../investigate/InvestigatePage")),
  breaches: lazy(() => import("../breaches/BreachesPage")),
  inquiries: lazy(() => import("../inquiries/InquiriesPage")),
  seals: lazy(() => import("../seals/SealsPage")),
  answers: lazy(() => import("../answers/AnswersPage")),
  sharing: lazy(() => import("../sharing/SharingPage")),
  observations: lazy(() => import("../observations/ObservationsPage")),
  watchlists: lazy(() => import("../watchlists/WatchlistsPage")),
  warnings: lazy(() => import("../warnings/WarningsPage")),
  positions: lazy(() => import("../positions/PositionsPage")),
  operate: lazy(() => import("../operate/OperatePage")),
  oversee: lazy(() => import("../oversee/OverseePage")),
  misuse: lazy(() => import("../misuse/MisusePage")),
  questions: lazy(() => import("../misuse/QuestionsPage")),
};

const CitizensPage = lazy(() => import("../citizens/CitizensPage"));
const AuthorizePage = lazy(() => import("../sso/AuthorizePage"));
const ToolsPage = lazy(() => import("../sso/ToolsPage"));

function Guarded({ needs, children }: { needs: string[]; children: ReactNode }) {
  const { t } = useTranslation();
  const { may } = useSession();
  if (!needs.some(may)) return <Empty title={t("app.not_permitted")} hint={t("app.not_permitted_hint")} />;
  return children;
}

function Inside() {
  const { t } = useTranslation();
  const { me, isLoading, error } = useSession();
  const [path] = useLocation();
  if (isLoading) return <Loading />;
  if (!me && error) {
    return (
      <div className="doorway">
        <Failure error={error} onRetry={() => window.location.reload()} />
      </div>
    );
  }
  if (!me) {
    const next = path === "/" ? "" : `?next=${encodeURIComponent(path + window.location.search)}`;
    return <Redirect to={`/sign-in${next}`} replace />;
  }
  return (
    <LiveProvider isOn>
      <StepUpDialog />
      <Shell>
        <Suspense fallback={<Loading />}>
          <Switch>
            {ROOMS.map((room) => {
              const Page = PAGES[room.name];
              return (
                <Route key={room.name} path={room.path}>
                  <Guarded needs={room.needs}>
                    <Page />
                  </Guarded>
                </Route>
              );
            })}
            {/* Of each person, whatever the role: the menu of the account leads there. */}
            <Route path="/my-tools">
              <ToolsPage />
            </Route>
            <Route path="/">
              <Redirect to={HOME[me.role]} replace />
            </Route>
            <Route>
              <Empty title={t("app.not_found")} hint={t("app.not_found_hint")} />
            </Route>
          </Switch>
        </Suspense>
      </Shell>
    </LiveProvider>
  );
}

export function App() {
  return (
    <Switch>
      <Route path="/sign-in" component={SignIn} />
      <Route path="/sign-in/provider" component={ProviderReturn} />
      <Route path="/enrol" component={Enrol} />
      <Route path="/authorize">
        <Suspense fallback={<Loading />}>
          <AuthorizePage />
        </Suspense>
      </Route>
      <Route path="/citizens">
        <Suspense fallback={<Loading />}>
          <CitizensPage />
        </Suspense>
      </Route>
      <Route component={Inside} />
    </Switch>
  );
}
