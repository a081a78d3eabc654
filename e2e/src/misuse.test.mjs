// Who looked at whom without a reason is asked about it, by people of other offices: the log, the file, the officer's own page, the finding.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { noCity } from "./city.mjs";
import { House } from "./house.mjs";
import { Actor, openBrowser, PHONE } from "./people.mjs";

test("a question from the log is opened, the officer is heard, and another office finds", { skip: noCity(), timeout: 180_000 }, async (t) => {
  const house = await House.open();
  const browser = await openBrowser();
  after(async () => {
    await browser.close();
    await house.close();
  });
  const operator = await Actor.enrol(browser, house, "維運 林", "operator");
  const one = await Actor.enrol(browser, house, "稽核 周", "auditor");
  const two = await Actor.enrol(browser, house, "稽核 吳", "auditor");
  const officer = await Actor.enrol(browser, house, "偵查 王", "detective", { viewport: PHONE, isMobile: true });
  const offices = { "稽核 周": "督察室", "稽核 吳": "政風室", "偵查 王": "永康派出所" };

  await t.test("without an office nobody opens a file, and the page says so; the operator sets it", async () => {
    await one.goto("/misuse");
    await one.page.getByTestId("no-office").waitFor().catch((error) => one.explain(error));
    await one.page.getByText("沒有待處理的線索").waitFor().catch((error) => one.explain(error));
    await one.shot("misuse-empty");
    await operator.goto("/operate?tab=people");
    for (const [name, office] of Object.entries(offices)) {
      const row = operator.page.getByTestId("actor-row").filter({ hasText: name });
      await row.getByTestId("office").fill(office);
      await row.getByTestId("office-set").click();
      await operator.page.waitForFunction(() => !document.querySelector("[data-loading]"));
    }
    await operator.shot("people-offices");
    await one.goto("/misuse?tab=marks");
    assert.equal(await one.page.getByTestId("no-office").count(), 0);
  });

  await t.test("a decoy is set, and what may not be one is refused", async () => {
    const { page } = one;
    await page.getByText("沒有註記").waitFor().catch((error) => one.explain(error));
    await page.getByTestId("misuse-mark-plate").fill("！！");
    await page.getByTestId("misuse-mark-note").fill("本季誘餌");
    await page.getByTestId("misuse-mark-set").click();
    await page.getByRole("alert").first().waitFor().catch((error) => one.explain(error));
    await page.getByTestId("misuse-mark-plate").fill("QQQ-0001");
    await page.getByTestId("misuse-mark-set").click();
    await page.getByTestId("misuse-mark").filter({ hasText: "QQQ-0001" }).waitFor().catch((error) => one.explain(error));
    await one.shot("misuse-marks");
  });

  await t.test("a question is opened from the log and put to the officer", async () => {
    const grounds = { "shouhu-purpose": "investigation", "shouhu-case": encodeURIComponent("115-偵-7") };
    await officer.api("GET", "/v1/sightings?plate=ABC-1234", undefined, grounds);
    await one.goto("/oversee");
    const { page } = one;
    const line = page.getByTestId("audit-row").filter({ hasText: "偵查 王" }).filter({ hasText: "ABC-1234" }).first();
    await line.getByTestId("audit-look").click().catch((error) => one.explain(error));
    await page.getByTestId("misuse-open-reason").fill("民眾陳情其車輛遭查詢");
    await one.shot("misuse-opening");
    await page.getByTestId("misuse-open").click();
    await page.getByTestId("misuse-case").waitFor().catch((error) => one.explain(error));
    await page.getByTestId("misuse-question").fill("請說明查詢 ABC-1234 的事由。");
    await page.getByTestId("misuse-ask").click();
    await page.getByTestId("misuse-state").filter({ hasText: "已詢問" }).waitFor().catch((error) => one.explain(error));
    await one.shot("misuse-case");
  });

  await t.test("the officer sees what is asked on the phone, not who asks, and answers", async () => {
    await officer.goto("/questions");
    const { page } = officer;
    const question = page.getByTestId("question-to-me");
    await question.filter({ hasText: "請說明查詢" }).waitFor().catch((error) => officer.explain(error));
    assert.ok(!(await question.innerText()).includes("稽核 周"), "whoever asks is not named");
    await officer.shot("questions", [PHONE]);
    await page.getByTestId("question-text").fill("民眾報案，受理編號 115-偵-7。");
    await page.getByTestId("question-answer").click();
    await question.filter({ hasText: "已回覆" }).waitFor().catch((error) => officer.explain(error));
  });

  await t.test("the other auditor finds, and the officer reads it", async () => {
    const { page } = two;
    await two.goto("/misuse?tab=cases");
    await page.getByTestId("misuse-case-row").filter({ hasText: "偵查 王" }).waitFor().catch((error) => two.explain(error));
    await two.shot("misuse-cases");
    await page.getByRole("button", { name: "檢視" }).click();
    await page.getByText("民眾報案，受理編號").waitFor().catch((error) => two.explain(error));
    await page.getByRole("combobox", { name: "認定" }).click();
    await page.getByRole("option", { name: "不成立" }).click();
    await page.getByRole("combobox", { name: "不成立的原因" }).click();
    await page.getByRole("option", { name: "有勤務或案件依據" }).click();
    await page.getByLabel("認定理由").fill("與報案紀錄相符");
    await page.getByTestId("misuse-find").click();
    await page.getByTestId("misuse-state").filter({ hasText: "不成立" }).waitFor().catch((error) => two.explain(error));
    await two.shot("misuse-found");
    await officer.goto("/questions");
    await officer.page.getByTestId("question-to-me").filter({ hasText: "不成立" }).waitFor().catch((error) => officer.explain(error));
  });
  await t.test("a case is sealed by two offices: asked on the one's page, decided on the other's", async () => {
    const { page } = officer;
    await officer.goto("/seals");
    await page.getByTestId("seal-ask").click().catch((error) => officer.explain(error));
    const form = page.getByTestId("seal-form");
    await form.getByLabel("案號").fill("115-密-77");
    await form.getByLabel("車牌").fill("SEA-7319\nSEA-7318");
    await form.getByLabel("理由").fill("臥底偵查用車");
    const day = form.getByTestId("seal-until");
    const [first, last] = [await day.getAttribute("min"), await day.getAttribute("max")];
    await day.fill(`${Number(last.slice(0, 4)) + 1}-01-01`);
    await form.getByText(`須在 ${first} 與 ${last} 之間`).waitFor().catch((error) => officer.explain(error));
    assert.ok(await form.getByTestId("seal-ask-sure").isDisabled());
    await day.fill(first);
    await form.getByRole("combobox", { name: "專案成員" }).click();
    await page.getByRole("option", { name: /偵查 王/ }).click();
    await page.keyboard.press("Escape");
    await form.getByRole("combobox", { name: "核定人" }).click();
    await page.getByRole("option", { name: /稽核 周/ }).click();
    await officer.shot("seal-asking", [PHONE]);
    await form.getByTestId("seal-ask-sure").click();
    await page.getByTestId("seal").getByText("待核定").waitFor().catch((error) => officer.explain(error));
    assert.equal(await page.getByTestId("seal-seal").count(), 0, "whoever asks does not decide");
    await two.goto("/seals");
    await two.page.getByTestId("seal").getByText("內容只有成員、請求人與核定人看得到。").waitFor().catch((error) => two.explain(error));
    assert.equal(await two.page.getByText("SEA-7319").count(), 0, "a third learns nothing");
    await one.goto("/seals");
    const seal = one.page.getByTestId("seal");
    await seal.getByText("SEA-7318和SEA-7319").waitFor().catch((error) => one.explain(error));
    await seal.getByTestId("seal-seal").click();
    await one.shot("seal-deciding");
    await seal.getByTestId("seal-decide-sure").click();
    await seal.getByText(/封存中，至/).waitFor().catch((error) => one.explain(error));
  });

  await t.test("it is lengthened within what may be, once", async () => {
    const { page } = one;
    const seal = page.getByTestId("seal");
    await seal.getByTestId("seal-extend").click();
    const day = seal.getByTestId("seal-until");
    await day.fill((await day.getAttribute("max")) ?? "");
    await seal.getByTestId("seal-extend-sure").click();
    await seal.getByTestId("seal-extend").waitFor({ state: "detached" }).catch((error) => one.explain(error));
    await one.shot("seal-extended");
  });
  for (const actor of [one, two, officer, operator]) assert.deepEqual(actor.problems, [], `${actor.name}'s page has errors`);
});
