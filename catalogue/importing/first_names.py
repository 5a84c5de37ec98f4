"""First names in use in England, to tell people from organisations.

Far from all of them: a name that is not here is still left out in doubt.

Names that are as often places or virtues (Hope, Grace, Chester, Florence) are kept out where they name many homes.
"""


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


FIRST_NAMES = word_set(
    """aaron abdul abdullah abigail abu adam adele adeel adil adrian afzal agnes ahmed aidan aileen aisha ajay akram
    alan alasdair albert alec alex alexander alexandra alfred ali alice alison alistair allan allen amanda amber amina
    amir amit amjad amy andrea andrew andy angela angus anil anita ann anna anne annette annie anthony antony arif
    arjun arthur arun asad ashok asif audrey ayesha azhar barbara barry beatrice belinda ben benjamin bernadette
    bernard bernice beryl beth betty beverley bhavna bill billy bob bobby brenda brendan brian bridget bruce bryan
    callum cameron carl carla carly carol carole caroline carolyn catherine cathy cecilia ceri charlene charles charlie
    charlotte cherie cheryl chinedu chris christina christine christopher chukwu ciara claire clare clive colette colin
    connor craig cynthia daisy daniel danielle danny darren dave david dawn dean debbie deborah declan dee deepak
    deirdre denise dennis derek desmond diana diane dilip dipak dominic donald donna doreen doris dorothy douglas
    duncan dylan eddie edith edward edwin eileen elaine eleanor elena elizabeth ellen ellie elsie emily emma eric
    erica ernest esther ethan eunice eva eve evelyn ewa faisal farah farhan fatima faye felicity fiona frances
    francesca francis frank franklin fred frederick gail gareth garry gary gavin gemma geoff geoffrey george georgina
    gerald geraldine gerard gill gillian gina gita glen glenn glenys gloria glyn gordon graeme graham greg gregory
    gurpreet gwen gwyneth habib haley hamza hannah hardeep harjit harold harriet harry hasan hassan hayley hazel
    heather helen helena henry herbert hilary howard hugh hussain ian ibrahim imran irene iris isaac isabel
    ishaq ismail ivan ivy jack jackie jacob jacqueline jade jagdish jake james jamie jan jane janet janice jasmine
    jason jaspal jatinder jay jayne jean jeanette jeff jeffrey jennie jennifer jenny jeremy jessica jill jim jimmy jo
    joan joanna joanne joe joel john johnny jon jonathan joseph josephine josh joshua joy joyce juan judith judy julia
    julian julie june justin kamal kamran karen karl kate kath katherine kathleen kathryn kathy katie katy kay kayleigh
    keith kelly ken kenneth kerry kevin khalid khan kieran kim kirsty krishna kristina krystyna kuldip kulwinder kumar
    kyle laila laura lauren laurence lawrence leah leanne lee leo leon leonard leroy lesley leslie lewis liam lillian
    linda lindsay lisa liz lloyd lorna lorraine louis louisa louise lucy luke lydia lyn lynda lynn lynne maggie magda
    mahmood malcolm mandy manjit manoj marcus margaret maria marian marie marilyn marina marion mark marlene martha
    martin martyn mary masood matt matthew maureen maurice max maxine megan mehmet melanie melissa michael michelle
    miriam mohamed mohammad mohammed moira mona monica morag moses muhammad muriel mustafa nadeem nadia nancy naomi
    nasir nasreen natalie natasha nathan naveed navin neil nessa niall nicholas nick nicky nicola nicole nigel nikki
    nina nisha noel nora noreen norma norman nusrat oliver olivia omar oscar owen pam pamela parveen pat patricia
    patrick paul paula pauline pawel peggy penelope penny pete peter petra phil philip phillip philippa phyllis piotr
    pooja prakash pravin preeti priya rachael rachel raj rajesh raju ralph ramesh ranjit rashid ravi ray raymond
    rebecca reginald rehana rekha reuben rhys richard rich rick riz rita rob robert roberta robin rod roger roisin
    roland ron ronald rosalind rosemary rosie ross roxanne roy ruby rupert russell ruth ryan sadia saeed sajid sally
    salma sam samantha samina samuel sandra sangeeta sanjay sara sarah satnam saul scott sean sebastian shabana shabir
    shahid shamim shane shannon sharon shaun sheena sheila shelley sheryl shirley siddiq sian simon sinead siobhan
    sonia sophia sophie stacey stan stanley stella stephanie stephen steve steven stewart stuart sue suki sukhdev sunil
    sunita suresh surinder susan susanne suzanne sylvia tahir tamara tanya tara tariq ted teresa terence terry thelma
    theresa thomas tim timothy tina toby tom tommy tony tracey tracy trevor trudy usha usman valerie vanessa vera
    vernon veronica vicki vicky victor vijay vikram vincent vinod violet vivien vivienne waheed wahid walter wanda
    warren waqar wayne wendy wilfred william winifred yasmin yusuf yvette yvonne zahid zahra zainab zoe zofia zubair
    """
)
